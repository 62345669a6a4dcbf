#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/perf_event.h>
union bpf_attr attr; struct bpf_prog_info info; struct iphdr ip; struct ethhdr eth; struct __sk_buff skb; struct tcp_info ti; struct perf_event_attr pe;
int f(struct __sk_buff *s, struct bpf_sock *k) { return s->len + k->family; }
