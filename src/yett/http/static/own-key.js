// A key that never leaves this browser (WebCrypto, IndexedDB): a remembered browser signs with it, so that a copy of its cookie is worth nothing.

const DATABASE = "yett";
const STORE = "keys";
const MOST = 8;
// So long nobody waits for a key, in milliseconds: without one it goes on as in any other browser.
const PATIENCE = 3000;

const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
const settled = (request) => new Promise((done, failed) => Object.assign(request, { onsuccess: () => done(request.result), onerror: () => failed(request.error) }));
const soon = (work) => Promise.race([work.catch(() => ""), new Promise((done) => setTimeout(done, PATIENCE, ""))]);

async function opened() {
  const asked = indexedDB.open(DATABASE, 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
  return settled(asked);
}

// A new pair; the oldest ones are forgotten. Returns the public key.
async function made() {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
  const raw = await crypto.subtle.exportKey("raw", pair.publicKey);
  const name = text(await crypto.subtle.digest("SHA-256", raw));
  const transaction = (await opened()).transaction(STORE, "readwrite");
  const kept = new Promise((done, failed) => Object.assign(transaction, { oncomplete: done, onabort: () => failed(transaction.error) }));
  const store = transaction.objectStore(STORE);
  store.put({ key: pair.privateKey, at: Date.now() }, name);
  const [names, all] = await Promise.all([settled(store.getAllKeys()), settled(store.getAll())]);
  const oldest = names.map((one, place) => [all[place].at, one]).sort(([one], [other]) => one - other);
  for (const [, one] of oldest.slice(0, -MOST)) store.delete(one);
  await kept;
  return text(raw);
}

async function signature(name, said) {
  const found = await settled((await opened()).transaction(STORE).objectStore(STORE).get(name));
  return found ? text(await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, found.key, new TextEncoder().encode(said))) : "";
}

// To be remembered: the form waits for the key.
for (const box of document.querySelectorAll("[data-remembers]")) {
  const { form } = box;
  let coming;
  let over = false;
  const wish = () => box.checked && (coming ??= soon(made()));
  box.addEventListener("change", wish);
  wish();
  // Before anybody else hears of it: a form that waits has not been sent.
  addEventListener(
    "submit",
    async (event) => {
      if (event.target !== form || over || !wish() || event.submitter?.value !== "default") return;
      event.preventDefault();
      event.stopImmediatePropagation();
      form.elements.browserKey.value = await coming;
      over = true;
      form.requestSubmit(event.submitter);
    },
    true,
  );
}

// Remembered: it signs by itself, once.
const asked = document.querySelector("[data-key]");
if (asked?.dataset.key) {
  const { state, csrf } = asked.form.elements;
  asked.value = await soon(signature(asked.dataset.key, `yett remembered browser\n${location.origin}\n${state.value}\n${csrf.value}`));
  asked.form.requestSubmit(asked.form.querySelector("button.main"));
}
