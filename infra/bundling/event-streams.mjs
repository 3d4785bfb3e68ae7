// Replaces the AWS SDK's event streams, which no call of the functions has. The SDK imports them on demand, and esbuild wraps every module
// that such an import reaches.
export const EventStreamSerde = undefined;
export const eventStreamSerdeProvider = undefined;
/** A client whose service has event streams asks for this when it is made. */
export const resolveEventStreamSerdeConfig = (config) => config;
