"""Commands, components and forms: what is declared, what people send, and how it is answered."""
