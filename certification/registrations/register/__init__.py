"""The register as lists, and the form of the notice as files."""
