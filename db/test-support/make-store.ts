import { startEmbedded } from "../embedded/start.ts";

/** `make-store FOLDER`: an embedded database as the first start makes it, empty and closed in good order. */
const [folder = ""] = process.argv.slice(2);
const database = await startEmbedded({ folder, backups: `${folder}.backups`, backup_every_ms: 0 });
await database.close();
