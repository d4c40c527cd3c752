"""Asking PubMed and OpenAlex over the network. Requests and answers only: nothing here knows about Django."""
