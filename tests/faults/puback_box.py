"""A store's box with one guard taken away: a row counts as delivered when the broker took it. For the control only."""

import asyncio
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path

from contract.messages import Up, encode
from edge import app, cloudward
from edge.config import load_config

PUBACK_WITHIN_S = 5.0


class Trusting(cloudward.Cloudward):
    """Sends as the real one does, and then believes the broker."""

    async def _send(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.wake.wait(), cloudward.SEND_EVERY_S)
            self.wake.clear()
            if not self.link.up:
                continue
            for up in await self._on_house(self._store.messages):
                if not await asyncio.to_thread(self._acked, up):
                    break
                await self._on_house(partial(self._believe, up))

    def _acked(self, up: Up) -> bool:
        client = self.link._client
        if client is None:
            return False
        said = client.publish(self._up_topic, encode(up), qos=1)
        with suppress(RuntimeError, ValueError):
            said.wait_for_publish(PUBACK_WITHIN_S)
            return bool(said.is_published())
        return False

    def _believe(self, up: Up) -> None:
        upto = up.first_seq + len(up.rows) - 1
        with self._store.books.transaction() as tx:
            tx.db.run("counter_acked", epoch=up.epoch, stream=up.stream, upto=upto, safe=0)


if __name__ == "__main__":
    for trusting in (Trusting._send, Trusting._acked, Trusting._believe):
        setattr(cloudward.Cloudward, trusting.__name__, trusting)
    sys.exit(app.run(load_config(Path(sys.argv[-1]))))
