/** The OAuth scope that Google recommends with IAM: IAM roles decide what is allowed. */
export const GOOGLE_SCOPE = "https://www.googleapis.com/auth/cloud-platform";
