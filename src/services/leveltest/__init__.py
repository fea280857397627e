"""The AI level test: from a voice and a text to a CEFR level."""
