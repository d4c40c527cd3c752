"""Extraction forms: make, draft, pilot, publish; a version that was used never changes."""

from extraction.form_choice import form_of, forms_of

__all__ = ["form_of", "forms_of"]
