// Binds every server of the process to loopback, on a port of the system's choice, and says which.
const net = require("node:net");
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const ready = args.find((one) => typeof one === "function");
  return listen.call(this, { host: "127.0.0.1", port: 0 }, () => {
    process.stderr.write(`LISTENING ${this.address().port}\n`);
    if (ready) ready.call(this);
  });
};
