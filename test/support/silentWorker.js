// @ts-check
// A thread of a team that starts, and never comes to it.
setInterval(() => {}, 1000);
