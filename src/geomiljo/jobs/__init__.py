"""Long work in the background: jobs, the worker that runs them, and how far they have come."""
