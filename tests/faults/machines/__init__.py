"""A district's machines as network namespaces: each is killed in turn, under load."""
