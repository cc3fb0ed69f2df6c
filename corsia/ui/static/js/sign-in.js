// Passkeys and security keys on the sign-in pages. allauth describes each form in a JSON block; nothing inline runs.
const $ = (id) => document.getElementById(id);
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
const words = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const ids = (list) => (list || []).map((item) => ({ ...item, id: bytes(item.id) }));

function plain(credential) {
  const { response } = credential, out = {};
  for (const key of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[key]) out[key] = words(response[key]);
  }
  if (response.getTransports) out.transports = response.getTransports();
  return { id: credential.id, rawId: words(credential.rawId), type: credential.type, response: out,
    authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults() };
}

async function proof({ publicKey }) {
  return plain(await navigator.credentials.get({ publicKey: { ...publicKey, challenge: bytes(publicKey.challenge), allowCredentials: ids(publicKey.allowCredentials) } }));
}

async function made({ publicKey }, passwordless) {
  const selection = { ...publicKey.authenticatorSelection };
  if (passwordless !== null) {
    selection.residentKey = passwordless ? "required" : "discouraged";
    selection.requireResidentKey = passwordless;
    if (passwordless) selection.userVerification = "required";
  }
  return plain(await navigator.credentials.create({ publicKey: { ...publicKey, authenticatorSelection: selection, challenge: bytes(publicKey.challenge),
    user: { ...publicKey.user, id: bytes(publicKey.user.id) }, excludeCredentials: ids(publicKey.excludeCredentials) } }));
}

const doors = {
  loginForm: async (o, form) => proof((await (await fetch(form.action, { headers: { Accept: "application/json" } })).json()).request_options),
  authenticateForm: async (o) => proof(JSON.parse($(o.ids.data).textContent).request_options),
  addForm: async (o) => made(JSON.parse($(o.ids.data).textContent).creation_options, Boolean($(o.ids.passwordless)?.checked)),
};

for (const block of document.querySelectorAll("script[data-allauth-onload]")) {
  const door = doors[block.dataset.allauthOnload.split(".").pop()], o = JSON.parse(block.textContent);
  const button = $(o.ids.login || o.ids.authenticate || o.ids.add), field = $(o.ids.credential);
  if (!door || !button || !field) continue;
  const form = field.closest("form");
  button.addEventListener("click", async (e) => {
    e.preventDefault();
    if (o.ids.add && !form.reportValidity()) return;
    const notice = $("key-notice");
    try {
      field.value = JSON.stringify(await door(o, form));
      form.submit();
    } catch (problem) {
      // The browser says NotAllowedError for "cancelled" and "timed out" alike.
      notice.textContent = problem.name === "InvalidStateError" ? notice.dataset.known : notice.dataset.failed;
      notice.hidden = false;
    }
  });
}
