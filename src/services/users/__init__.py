"""People: what they say about themselves, what they are to each other, what they have done."""
