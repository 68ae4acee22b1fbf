/** What a service may use while it gets ready. */
export interface ServiceContext {
  /** True on a continuous-integration machine where this run may install system packages. */
  readonly provision: boolean;
  /** A throw-away folder of this run, removed at its end. */
  readonly tempDir: string;
  /** Installs Debian packages; does nothing for those already there. Throws when that fails; only when `provision`. */
  readonly aptInstall: (packages: readonly string[]) => Promise<void>;
  /** One line of progress. */
  readonly say: (text: string) => void;
}

export type ServiceReady =
  | {
      readonly ok: true;
      /** Handed to the tests, e.g. TEST_POSTGRES_URL or CHROMIUM_PATH. */
      readonly env: Readonly<Record<string, string>>;
    }
  | {
      readonly ok: false;
      /** Why tests that need it are skipped. */
      readonly reason: string;
      /** What a person does to have it, e.g. "apt-get install chromium". */
      readonly howToGet: string;
    };

/** One engine the tests need. `stop` ends exactly what `ensure` started, and may be called at any time, also twice. */
export interface Service {
  readonly name: string;
  ensure(context: ServiceContext): Promise<ServiceReady>;
  stop(): Promise<void>;
}
