// The side of Node: a process that is asked as a page is.
import { visit } from "./side";

process.on("message", (description: Parameters<typeof visit>[0]) => {
  visit(description).then((result) => process.send!({ result }), (error: unknown) => process.send!({ error: String(error) }));
});
