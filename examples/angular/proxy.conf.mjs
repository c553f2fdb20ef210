export default { "/api": { target: process.env.API ?? "http://127.0.0.1:3001" } };
