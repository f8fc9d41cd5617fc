"""A member of the local Discord as a program: what a person does and sees, over the same routes as the page."""
