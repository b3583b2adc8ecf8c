declare module 'autocannon' {
  export default function autocannon(options: {
    url: string;
    headers: Record<string, string>;
    requests: { path: string }[];
    connections: number;
    duration: number;
  }): Promise<{
    non2xx: number;
    errors: number;
    duration: number;
    requests: { total: number };
    latency: { p99: number };
  }>;
}
