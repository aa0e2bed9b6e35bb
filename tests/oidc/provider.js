// An OpenID provider on loopback that tests sign in at: one client, and people whose names say what they are.
//
//   node provider.js CLIENT_ID CLIENT_SECRET REDIRECT_URI
//
// Prints its issuer when it listens, and ends with its standard input. Its pages take any password.
import { createServer } from "node:http";
import Provider from "oidc-provider";

const [client_id, client_secret, redirectUri] = process.argv.slice(2);
const PEOPLE = {
  anna: { name: "Anna Planerare", groups: ["planners"], kommun: "0180" },
  bo: { name: "Bo Granskare", groups: ["board"], lan: "01" },
  cilla: { name: "Cilla Besökare", groups: [] },
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id, client_secret, redirect_uris: [redirectUri] }],
    claims: { openid: ["sub"], profile: ["name", "groups", "kommun", "lan"] },
    pkce: { methods: ["S256"], required: () => true },
    findAccount: (_context, id) =>
      PEOPLE[id] && { accountId: id, claims: () => ({ sub: id, ...PEOPLE[id] }) },
  });
  server.on("request", provider.callback());
  console.log(issuer);
});
process.stdin.resume().on("end", () => process.exit(0));
