"""An agent bus: sending what people say to its agents, and bringing back what they answer, losing nothing."""
