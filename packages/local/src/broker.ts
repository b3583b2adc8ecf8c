/** What both ways of running a broker give. */
export interface Broker {
  host: string;
  stop(): Promise<void>;
  restart(): Promise<void>;
  kill(): Promise<void>;
}

export interface BrokerOptions {
  dir: string;
  /** The folder goes away with the broker, and so may the data. */
  temporary: boolean;
  port: number;
  settings: Record<string, string>;
  log: (line: string) => void;
}

/** One way to a broker is not there; the next may be. */
export class NotHere extends Error {}
