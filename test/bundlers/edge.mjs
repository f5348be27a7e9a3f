import { run } from "../../training.mjs";

export const runtime = "edge";
export const dynamic = "force-dynamic";
export const GET = async () => Response.json(await run());
