"""Pages of the service: what each shows, in words and numbers of one language, and how it is made from its template."""
