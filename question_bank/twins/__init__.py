"""Rows of an upload that say what another row or the bank says already, and what becomes of them."""
