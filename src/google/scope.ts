/** The one OAuth scope that Google recommends beside IAM: what may be done is a matter of roles. */
export const GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform";
