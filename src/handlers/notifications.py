"""Notifications: ``/api/v1/notifications``."""

from __future__ import annotations

from edge.http.routes import PUBLIC, Call, Routes
from services.models import Page
from services.notifications import inbox, preferences, subscriptions, webpush
from services.notifications.models import (
    Notification,
    PushEndpoint,
    PushKey,
    PushSubscription,
    Subscribed,
    UnreadNotifications,
)
from services.paging import InvalidCursor, PageQuery
from services.users.settings import NotificationSettings

routes = Routes("/api/v1/notifications", "notifications")


@routes.get("", problems=(InvalidCursor,), aliases=("/api/v1/notifications/",))
async def list_notifications(call: Call, query: PageQuery) -> Page[Notification]:
    """What the caller was told, the newest first."""
    return await inbox.list_notifications(call.context, call.user.user_id, query)


@routes.get("/unread-count")
async def count_unread_notifications(call: Call) -> UnreadNotifications:
    """How many notifications are unread."""
    return await inbox.count_unread(call.context, call.user.user_id)


@routes.post("/{notification_id}/read", problems=(inbox.NotificationNotFound,))
async def read_notification(call: Call, notification_id: str) -> Notification:
    """Mark a notification as read."""
    return await inbox.mark_read(call.context, call.user.user_id, notification_id)


@routes.post("/read-all", status=204)
async def read_all_notifications(call: Call) -> None:
    """Mark all notifications as read."""
    await inbox.mark_all_read(call.context, call.user.user_id)


@routes.delete("/{notification_id}")
async def delete_notification(call: Call, notification_id: str) -> None:
    """Delete a notification."""
    await inbox.delete_notification(call.context, call.user.user_id, notification_id)


@routes.get("/preferences")
async def read_notification_preferences(call: Call) -> NotificationSettings:
    """What the caller wants to be told of, and their quiet hours. The same as in their settings."""
    return await preferences.read_preferences(call.context, call.user.user_id)


@routes.put("/preferences")
async def replace_notification_preferences(call: Call, body: NotificationSettings) -> NotificationSettings:
    """Replace the preferences; what is left out gets its default."""
    return await preferences.replace_preferences(call.context, call.user.user_id, body)


@routes.get("/push/key", auth=PUBLIC)
async def read_push_key(call: Call) -> PushKey:
    """The key with which a browser subscribes (`applicationServerKey`)."""
    return PushKey(public_key=webpush.public_key(call.context))


@routes.post("/push/subscriptions", status=201, problems=(subscriptions.UnknownPushService,))
async def subscribe_to_pushes(call: Call, body: PushSubscription) -> Subscribed:
    """Send pushes to a browser: the body is what its `PushSubscription.toJSON()` gives."""
    agent = call.request.headers.get("user-agent", "")
    return await subscriptions.subscribe(call.context, call.user.user_id, body, agent)


@routes.delete("/push/subscriptions")
async def unsubscribe_from_pushes(call: Call, body: PushEndpoint) -> None:
    """Send no more pushes to a browser."""
    await subscriptions.unsubscribe(call.context, call.user.user_id, body.endpoint)
