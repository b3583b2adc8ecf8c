declare module 'autocannon' {
  export default function autocannon(options: {
    url: string;
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
