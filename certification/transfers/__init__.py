"""Transfers of registered people."""
