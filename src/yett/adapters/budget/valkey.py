"""Buckets in Valkey, by a script that it runs as one."""

from typing import Any

from yett.domain.tries import Bucket
from yett.ports import Busy

# Seconds; a limiter that does not answer is as good as none, and its caller fails closed.
PATIENCE = 2

_TAKE = """
local paced = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[1]))
if paced > tonumber(ARGV[3]) then return 0 end
local next = paced + tonumber(ARGV[2])
redis.call('SET', KEYS[1], string.format('%d', next), 'EX', string.format('%d', next - tonumber(ARGV[1])))
return 1
"""


class ValkeyLimiter:
    """Shared by whoever knows the server. Raises Busy where it is not to be reached."""

    def __init__(self, url: str, prefix: str = "yett:bucket:") -> None:
        from valkey.asyncio import Valkey
        from valkey.exceptions import ValkeyError

        self._troubles = (OSError, ValkeyError)
        self._client = Valkey.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE)
        self._script: Any = self._client.register_script(_TAKE)
        self._prefix = prefix

    async def take(self, key: str, bucket: Bucket, now: int) -> bool:
        """One from the bucket of `key`, if there is one."""
        limit = bucket.limit(now, known=True)
        try:
            taken = await self._script(keys=[self._prefix + key], args=[now, bucket.refill, limit])
        except self._troubles as fault:
            raise Busy("the limiter does not answer") from fault
        return bool(taken)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._client.aclose()
