"""Help between lessons: corrections, translations, topics to talk about, a look back at a conversation."""
