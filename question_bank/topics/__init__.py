"""Topics (知识点): the fields of knowledge that questions belong to."""
