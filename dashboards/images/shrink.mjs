// node shrink.mjs FILE...: the same pictures with at most 256 colours, a third of the size.
import { readFileSync, writeFileSync } from 'node:fs';
import UPNG from 'upng-js';

for (const file of process.argv.slice(2)) {
  const image = UPNG.decode(readFileSync(file));
  writeFileSync(file, Buffer.from(UPNG.encode(UPNG.toRGBA8(image), image.width, image.height, 256)));
}
