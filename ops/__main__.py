"""The operator's commands: ``python -m ops --help``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from ops import accounts, keys
from ops.wrangler import Target, WranglerFailed
from services.accounts.emails import BadEmail
from services.context import MissingSecret
from services.sealing import Sealer


def main(arguments: list[str]) -> int:
    """Run one command; 1 if it fails."""
    chosen = parser().parse_args(arguments)
    target = Target(chosen.env, None if chosen.env else chosen.state)
    chosen.secrets = chosen.secrets or chosen.state / "secrets.json"
    try:
        chosen.run(chosen, target)
    except (WranglerFailed, MissingSecret, BadEmail) as problem:
        print(problem, file=sys.stderr)
        return 1
    except accounts.NoSuchPerson as problem:
        print(f"there is no account {problem}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """All commands; each sets ``run``."""
    top = argparse.ArgumentParser(prog="python -m ops", description="Operate a deployment of StudyMate.")
    top.add_argument("--env", help="environment of wrangler.toml (default: the local one)")
    top.add_argument("--state", type=Path, default=Path(".state"), help="folder of the local one (.state)")
    top.add_argument("--secrets", type=Path, help="the operator's file of secrets (STATE/secrets.json)")
    groups = top.add_subparsers(required=True, metavar="command")
    _add_keys(groups.add_parser("keys", help="make, rotate and store secrets"))
    for name, run, does in (("grant", _grant, "give a role"), ("revoke", _revoke, "take a role")):
        command = groups.add_parser(name, help=does)
        command.add_argument("role", choices=accounts.ROLES)
        command.add_argument("person", help="e-mail address or id")
        command.set_defaults(run=run)
    return top


def _add_keys(group: argparse.ArgumentParser) -> None:
    commands = group.add_subparsers(required=True, metavar="command")
    for name, run, does in (
        ("new", _new, "make the secrets that the file lacks"),
        ("rotate-signing", _rotate_signing, "sign access tokens with the next key"),
        ("rotate-columns", _rotate_columns, "seal columns with a new key"),
        ("drop-columns", _drop_columns, "forget the column keys no longer in use"),
        ("push", _push, "store the file's secrets in the deployment"),
        ("status", _status, "count the sealed values of each key"),
    ):
        commands.add_parser(name, help=does).set_defaults(run=run)


def _new(chosen: argparse.Namespace, _: Target) -> None:
    print(f"made {', '.join(keys.make_missing(chosen.secrets)) or 'nothing'} in {chosen.secrets}")


def _rotate_signing(chosen: argparse.Namespace, _: Target) -> None:
    print(f"{keys.rotate_signing(chosen.secrets)} signs once you run `python -m ops keys push`")


def _rotate_columns(chosen: argparse.Namespace, _: Target) -> None:
    print(f"{keys.rotate_columns(chosen.secrets)} seals once you run `python -m ops keys push`")


def _drop_columns(chosen: argparse.Namespace, target: Target) -> None:
    current = Sealer(accounts.Secrets(keys.read(chosen.secrets))).current
    in_use = set(accounts.keys_in_use(target)) - {current}
    if in_use:
        raise WranglerFailed(f"still in use: {', '.join(sorted(in_use))}; cron seals them again page by page")
    print(f"dropped {', '.join(keys.drop_old_columns(chosen.secrets)) or 'nothing'}")


def _push(chosen: argparse.Namespace, target: Target) -> None:
    if target.state:
        raise WranglerFailed("the local environment reads its file at the next start: name one with --env")
    target.store_secrets(chosen.secrets)


def _status(_: argparse.Namespace, target: Target) -> None:
    for kid, count in accounts.keys_in_use(target).items():
        print(f"{kid}\t{count}")


def _grant(chosen: argparse.Namespace, target: Target) -> None:
    person = accounts.find_person(target, accounts.Secrets(keys.read(chosen.secrets)), chosen.person)
    accounts.grant(target, person, chosen.role)
    print(f"{person} is {chosen.role} from the next refresh on")


def _revoke(chosen: argparse.Namespace, target: Target) -> None:
    person = accounts.find_person(target, accounts.Secrets(keys.read(chosen.secrets)), chosen.person)
    accounts.revoke(target, person, chosen.role)
    print(f"{person} is no {chosen.role} any more")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
