"""Finding messages, people and rooms."""
