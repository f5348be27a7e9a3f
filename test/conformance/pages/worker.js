// The conformance program in a Web Worker, which may have threads of its own.
import { visit } from "./visit.js";

const { id, options } = Object.fromEntries(new URL(location.href).searchParams);
visit(() => import("../../dist/index.js"), id, JSON.parse(options));
