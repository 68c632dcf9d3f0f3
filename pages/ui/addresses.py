"""Addresses of this app: whether others can reach them."""

import ipaddress


def reachable(host: str) -> bool:
    """Whether another machine can mean this one by that name."""
    if not host or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return True
    return not (address.is_loopback or address.is_unspecified)
