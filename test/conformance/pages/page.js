// The conformance program in this page, or in a worker or a service worker that the page starts, as the address says.
import { tellOf, visit } from "./visit.js";

const { id, place = "page", options = "{}" } = Object.fromEntries(new URL(location.href).searchParams);
const tell = tellOf(id);

const places = {
  page: () => visit(() => import("../../dist/index.js"), id, JSON.parse(options)),

  worker() {
    tell({ stage: "starting a worker" });
    const worker = new Worker(`worker.js?${new URLSearchParams({ id, options })}`, { type: "module" });
    worker.onerror = ({ message }) => tell({ error: `the worker: ${message ?? "could not be loaded"}` });
  },

  async serviceWorker() {
    tell({ stage: "registering a service worker" });
    const registration = await navigator.serviceWorker.register("serviceWorker.js", { type: "module" });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    tell({ stage: "activating the service worker" });
    while (worker.state !== "activated") await new Promise((resolve) => worker.addEventListener("statechange", resolve, { once: true }));
    worker.postMessage({ id, options: JSON.parse(options) });
  },
};

try {
  await places[place]();
} catch (error) {
  tell({ error: String(error) });
}
