/** A double as sign · mantissa · 2^exponent, exactly. */
function parts(x: number): { mantissa: bigint; exponent: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, Math.abs(x));
  const bits = view.getBigUint64(0);
  const raw = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  return raw === 0
    ? { mantissa: fraction, exponent: -1074 }
    : { mantissa: fraction | 0x10000000000000n, exponent: raw - 1075 };
}

/** x · 10^digits, rounded to a whole number from the exact binary value, ties to even. */
function scaledHalfEven(x: number, digits: number): bigint {
  const { mantissa, exponent } = parts(x);
  const scaled = mantissa * 10n ** BigInt(digits);
  if (exponent >= 0) return scaled << BigInt(exponent);
  const shift = BigInt(-exponent);
  const whole = scaled >> shift;
  const twice = (scaled - (whole << shift)) << 1n;
  const unit = 1n << shift;
  return twice > unit || (twice === unit && (whole & 1n) === 1n) ? whole + 1n : whole;
}

/**
 * Fixed decimals, correctly rounded from the binary value, exact ties to even: 0.125 → "0.12" where `toFixed` says
 * "0.13". The sign of zero is kept out: −0.001 → "0.00".
 */
export function fixedHalfEven(x: number, digits: number): string {
  if (!Number.isFinite(x)) return String(x);
  const scaled = scaledHalfEven(x, digits);
  const text = scaled.toString().padStart(digits + 1, "0");
  const whole = text.slice(0, text.length - digits);
  const sign = x < 0 && scaled !== 0n ? "-" : "";
  return digits === 0 ? sign + text : `${sign}${whole}.${text.slice(-digits)}`;
}

/** The shortest text that reads back as x, without an exponent: 2.759e-5 → "0.00002759". */
export function plainNumber(x: number): string {
  const text = String(x);
  const match = /^(-?)(\d+)(?:\.(\d+))?e([+-]\d+)$/.exec(text);
  if (match === null) return text;
  const [, sign = "", whole = "0", fraction = "", power = "0"] = match;
  const digits = whole + fraction;
  const point = whole.length + Number(power);
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  return point >= digits.length
    ? `${sign}${digits}${"0".repeat(point - digits.length)}`
    : `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}
