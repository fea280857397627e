"""One module per Durable Object class: thin shells around the state machines in services."""
