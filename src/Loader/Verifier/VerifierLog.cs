using System.Runtime.InteropServices;
using System.Text;

namespace P3Ebpf.Loader.Verifier;

/// <summary>A growing buffer that the kernel writes a log into, while a command is repeated until the log fits.</summary>
internal sealed unsafe class VerifierLog(int maximum) : IDisposable
{
    private const int InitialSize = 1 << 20;
    private const int OldKernelMaximum = (1 << 24) - 1; // UINT_MAX >> 8, before Linux 5.17

    private byte* _buffer;

    /// <summary>Runs the command with ever larger buffers until the log fits.</summary>
    /// <param name="attempt">Takes a buffer and its size; returns the command's result and the true size of the log if the kernel
    /// tells it (Linux 6.4), else 0.</param>
    public int Run(Attempt attempt)
    {
        int size = Math.Min(InitialSize, maximum);
        while (true)
        {
            Resize(size);
            int result = attempt(_buffer, size, out uint trueSize);
            if (result != -Errno.ENOSPC)
                return Finish(result, size, truncated: false);

            int next = Next(size, trueSize);
            if (next <= size)
                return Finish(result, size, truncated: true);
            size = next;
        }
    }

    /// <summary>One run of the command.</summary>
    public delegate int Attempt(byte* buffer, int size, out uint trueSize);

    /// <summary>What the kernel wrote.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Whether part of it is missing.</summary>
    public bool IsTruncated { get; private set; }

    public void Dispose()
    {
        NativeMemory.Free(_buffer);
        _buffer = null;
    }

    private int Next(int size, uint trueSize)
    {
        long wanted = trueSize > 0 ? trueSize : size * 16L;
        if (trueSize == 0 && size < OldKernelMaximum)
            wanted = Math.Min(wanted, OldKernelMaximum);
        return (int)Math.Min(wanted, maximum);
    }

    private void Resize(int size)
    {
        NativeMemory.Free(_buffer);
        _buffer = null;
        _buffer = (byte*)NativeMemory.Alloc((nuint)size);
        *_buffer = 0;
    }

    private int Finish(int result, int size, bool truncated)
    {
        ReadOnlySpan<byte> log = new(_buffer, size);
        int end = log.IndexOf((byte)0);
        Text = Encoding.UTF8.GetString(end < 0 ? log : log[..end]);
        IsTruncated = truncated;
        return result;
    }
}
