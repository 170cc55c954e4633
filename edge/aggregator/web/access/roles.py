"""Roles of those who work in a store, and what each may see and do."""

from __future__ import annotations

from enum import StrEnum


class Right(StrEnum):
    """What a page asks for."""

    WATCH = "watch"  # carts, shelves and events as they happen
    REVIEW = "review"  # pictures and weights behind a doubt, and answering it
    REFUND = "refund"  # receipts of all visits, and deciding disputes
    STOCK = "stock"  # what lies where; restock and cleaning modes
    SERVICE = "service"  # plates, boards, cameras; maintenance mode
    NUMBERS = "numbers"  # the transparency report
    AUDIT = "audit"  # who saw and did what


class Role(StrEnum):
    """What somebody's account is for."""

    STAFF = "staff"  # serves shoppers: disputes, reviews
    STOCKER = "stocker"  # fills shelves
    TECHNICIAN = "technician"  # mends them
    MANAGER = "manager"  # everything
    PROGRAM = "program"  # another program, which reads


RIGHTS: dict[Role, frozenset[Right]] = {
    Role.STAFF: frozenset({Right.WATCH, Right.REVIEW, Right.REFUND, Right.STOCK, Right.NUMBERS}),
    Role.STOCKER: frozenset({Right.WATCH, Right.STOCK}),
    Role.TECHNICIAN: frozenset({Right.WATCH, Right.STOCK, Right.SERVICE, Right.NUMBERS}),
    Role.MANAGER: frozenset(Right),
    Role.PROGRAM: frozenset({Right.WATCH, Right.STOCK, Right.NUMBERS}),
}
