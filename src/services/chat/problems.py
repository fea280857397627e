"""How chat can fail."""

from __future__ import annotations

from services.problems import Conflict, Forbidden, NotFound, Unprocessable


class RoomNotFound(NotFound):
    """There is no such room, or the caller is not in it."""

    code = "room_not_found"
    title = "There is no such room."


class MessageNotFound(NotFound):
    """There is no such message, or the caller is not in its room."""

    code = "message_not_found"
    title = "There is no such message."


class MemberNotFound(NotFound):
    """There is no such person, or they cannot be reached by the caller."""

    code = "member_not_found"
    title = "There is no such person to chat with."


class AttachmentNotFound(NotFound):
    """There is no such file, or the caller may not fetch it."""

    code = "attachment_not_found"
    title = "There is no such file."


class NotAllowed(Forbidden):
    """A member may not do this in the room; its owner, or a message's sender, may."""

    code = "not_allowed_in_room"
    title = "You may not do this in this room."


class ContactRefused(Forbidden):
    """Of the two people of a direct room, one does not want to hear from the other."""

    code = "contact_refused"
    title = "You cannot write to this person."


class RoomFull(Conflict):
    """The room has as many members as a room can have."""

    code = "room_full"
    title = "The room has no place left."


class DirectRoom(Conflict):
    """What only groups can do: change members or name, be left, be deleted."""

    code = "direct_room"
    title = "A direct room has two members for good; mute it or block the other."


class MessageDeleted(Conflict):
    """The message has been deleted and changes no more."""

    code = "message_deleted"
    title = "The message has been deleted."


class TooManyUnsent(Conflict):
    """The member has uploaded many files to the room without sending them."""

    code = "too_many_unsent_files"
    title = "Send the files that you have uploaded before uploading more."


class TooMuch(Unprocessable):
    """A message cannot take more of this: edits, reactions."""

    code = "too_much_for_message"
    title = "The message has as many of these as it can have."


class InvalidMessage(Unprocessable):
    """The message cannot be sent as it is; ``errors`` says why."""

    code = "invalid_message"
    title = "The message cannot be sent as it is."
