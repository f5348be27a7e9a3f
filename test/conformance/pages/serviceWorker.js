// The conformance program in a service worker, which may import nothing later.
import * as library from "../../dist/index.js";
import { visit } from "./visit.js";

addEventListener("install", () => skipWaiting());
addEventListener("message", (event) => event.waitUntil(visit(async () => library, event.data.id, event.data.options)));
