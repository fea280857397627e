"""What people are told of: the inbox, who wants to hear what when, live delivery and Web Push."""
