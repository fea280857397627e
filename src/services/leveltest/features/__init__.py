"""What can be counted in a learner's text or speech, and what can be said of it.

``extract.analyse`` gives the features, ``services.leveltest.judge`` the level, ``feedback.feedback``
what is said about them.
"""
