/** What every request calls us (RFC 9110, 10.1.5): operators find by it who asks. The version is the package's. */
export const USER_AGENT = "freightliner/0.1.0";
