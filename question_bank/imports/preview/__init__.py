"""The preview of an upload: mending rows, mapping topics and articles, what is said once for all."""
