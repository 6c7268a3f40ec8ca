/** Which pages of other origins may use a bucket. */

export interface CorsRule {
  /** At most one `*` in each, which stands for anything. */
  readonly allowedOrigins: readonly string[]
  readonly allowedMethods: readonly string[]
  /** As origins, in any case. */
  readonly allowedHeaders: readonly string[]
  readonly exposeHeaders: readonly string[]
  readonly maxAgeSeconds?: number
}

export interface CorsConfiguration {
  readonly rules: readonly CorsRule[]
  /** Say `Vary: Origin` in every answer, also to who names no origin. */
  readonly responseVary?: boolean
}
