"""Dated facts of certificates, registrations and transfers."""
