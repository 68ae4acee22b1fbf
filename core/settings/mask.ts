export const HIDDEN = "••••";

/** The password inside a URL is hidden, the rest stays readable; query parameters may carry one too. */
export function maskUrl(url: string): string {
  return url
    .replace(/^([a-z0-9+.-]+:\/\/)([^/@?#\s]*)@/i, (_, scheme: string, user: string) => {
      const name = user.split(":", 1)[0] ?? "";
      return user.includes(":") ? `${scheme}${name}:${HIDDEN}@` : `${scheme}${HIDDEN}@`;
    })
    .replace(/([?&](?:pass(?:word|wd)?|token|secret|key|api_?key|sslpassword)=)[^&#]*/gi, `$1${HIDDEN}`);
}

/** A refused value as far as it may be seen: what has an @ and is no URL we understand may be all password. */
export function maskRefused(text: string): string {
  const masked = maskUrl(text);
  return masked === text && text.includes("@") ? HIDDEN : masked;
}
