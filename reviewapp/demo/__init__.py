"""The demo review: psychotherapy for treatment-resistant depression, on open data (see data/README.md)."""
